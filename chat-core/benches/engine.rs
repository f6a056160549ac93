//! Speed of the engine alone: fan-out to a large room, and replay of a log.

fn main() {
    divan::main();
}
