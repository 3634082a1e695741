"""DBC files, the single source of what is on the wire, and the compiler that turns them into codecs."""
