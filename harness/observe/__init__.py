"""Reading a target: its cluster, its routes, its answers. Nothing here changes anything."""
