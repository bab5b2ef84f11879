"""The Slurm collector: commands, their parsers and measures."""
