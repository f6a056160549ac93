//! What the server promises when it is killed, when its disk is full or fails, and when its folder is damaged:
//! the real binary over a real folder. A file each; what they share is in `lab`, `crowd` and `ledger`.
//!
//! Short by default. What a longer run wants is set in the environment; `.ci/run` does:
//!
//! | variable | what | default |
//! |---|---|---|
//! | `CHAT_KILL_ROUNDS` | how often the server is killed | 5 |
//! | `CHAT_FAULT_FLIPS` | how many bits are flipped, each in a copy of its own | 12 |
//! | `CHAT_FILE_MIB` | how large the file is that is sent while all breaks, in MiB | 48 |
//! | `CHAT_FAULT_SEED` | the seed of all that is random, as an earlier run printed it | random |
//! | `CI` | a test that cannot run on this machine fails; without it, it says that it did not run | unset |
//!
//! Nothing runs or stays mounted when a run is over, however it ends: servers die with the thread that started
//! them, small disks are mounted in a name space of their own and go with its last process. Folders are removed,
//! unless the run itself was killed.
#![cfg(target_os = "linux")]

mod accounts;
mod aftermath;
mod crowd;

mod damage;
mod failing;
mod files;
mod full;
mod json_link;
mod kill;
mod lab;
mod ledger;
mod rng;
mod untouched;

#[path = "../cli/program.rs"]
#[expect(dead_code, reason = "people with nc are the other tests'")]
mod program;

#[path = "../cli/relay.rs"]
mod relay;
