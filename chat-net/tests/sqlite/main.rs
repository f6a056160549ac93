//! The store in a folder, from outside: what was kept comes back, whatever happened in between.

mod conforms;
mod damage;
mod history;
mod kept;
mod log;
mod scratch;
