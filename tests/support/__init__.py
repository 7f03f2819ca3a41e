"""What several tests share: a worker that only writes down, a server on it, captured offers."""
