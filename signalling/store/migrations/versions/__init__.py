"""The revisions, oldest first; made by `tresen database revision`."""
