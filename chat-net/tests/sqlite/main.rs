//! The store in a folder, from outside: what was kept comes back, whatever happened in between.

mod broad;
mod compaction;
mod conforms;
#[cfg(target_os = "linux")]
mod crash;
mod damage;
mod deleted;
mod epoch;
mod faults;
mod first_schema;
mod history;
mod kept;
mod log;
#[cfg(unix)]
mod noise;
mod offline;
mod retention;
mod scratch;
#[cfg(target_os = "linux")]
mod space;
mod write_ahead;
