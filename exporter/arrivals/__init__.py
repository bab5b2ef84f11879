"""How many tickets to expect in a window that ends now, and how many would be a spike: docs/arrivals.md."""

from exporter.arrivals.bound import MINIMUM
from exporter.arrivals.counts import HourlyCounts, created_in_window
from exporter.arrivals.model import WINDOWS, ArrivalModel, Band

__all__ = ["MINIMUM", "WINDOWS", "ArrivalModel", "Band", "HourlyCounts", "created_in_window"]
