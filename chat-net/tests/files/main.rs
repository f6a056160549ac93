//! Files between clients: what they say to a server, what they make of a hostile one, and whole transfers over a real one.

mod breaks;
mod ends;
mod folder;
#[path = "../it/hooked.rs"]
mod hooked;
mod hostile;
mod names;
mod peer;
mod planted;
mod receiving;
mod refused;
mod rooms;
mod sending;
mod space;
mod told_again;
mod town;
mod whole;
mod wire;
