//! A shop with a history, for whoever wants to look around.
