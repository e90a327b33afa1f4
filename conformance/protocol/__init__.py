"""Pure knowledge of the wire for those who judge: events, grammar, trace, accumulated Message. No I/O."""
