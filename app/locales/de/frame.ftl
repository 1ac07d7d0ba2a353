frame-skip = Zum Inhalt springen
