"""Synthetic data for demonstrations: an osTicket database and a Slurm cluster."""
