//! Conversations: a script, and what everybody is told.

mod accounts;
mod asks;
mod away;
mod devices;
mod order;
mod rooms;
mod secrets;
mod sessions;
mod talk;
mod transfers;
mod transfers_anew;
mod transfers_asleep;
mod transfers_broken;
mod transfers_ended;
