"""The web surface: scrapes, health, landing page; TLS and authentication."""
