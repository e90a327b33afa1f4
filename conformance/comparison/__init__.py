"""What a gateway changes: the same scenarios sent to an upstream and through the gateway, compared pair by pair.

Pure: pairs of replies in, findings out. What differs between two answers of the upstream itself is no finding.
"""
