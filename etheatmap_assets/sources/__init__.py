"""One file an upstream: what it is asked, what comes back, what it becomes. A reader who knows one source knows all."""
