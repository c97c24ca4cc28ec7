"""Engines that spread the work over many processes; each is a module of its own."""
