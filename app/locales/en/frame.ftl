# The frame of every page: header, navigation, footer.

frame-skip = Skip to content
