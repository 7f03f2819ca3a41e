"""A customer and a rep in real browsers, with real speech and real video, through a real `tresen demo` process, on loopback alone."""
