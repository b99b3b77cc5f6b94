//! Lines with what they say, written down by hand.
