//! The verbs: each file reads as the story of one.
