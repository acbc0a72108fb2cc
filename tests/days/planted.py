"""What is wrong with the bad day: one planted instance of each thing that the catalogue looks for."""
import planted_doors
import planted_flows
import planted_signs
from planting import PLANTINGS, play

__all__ = ["PLANTINGS", "play", "planted_doors", "planted_flows", "planted_signs"]
