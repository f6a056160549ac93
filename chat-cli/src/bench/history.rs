//! A room with a long past, made without a server: in the way in which an export is read back.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Result;
use chat_net::chat_core::{
    Body, Config, Epoch, Event, Number, Place, RoomName, Seq, Stamp, Timestamp, UserName,
};
use chat_net::{Import, Past};

use super::random::Random;
use super::stop::Stop;
use super::talk::talk;

/// From one message to the next.
const APART_MS: u64 = 1000;
/// So many people have said them.
const PEOPLE: u64 = 100;

/// Makes a data folder with one room and so many messages in it, of about 64 bytes each; the last is of now.
pub(super) fn make(folder: &Path, room: &str, messages: u32, stop: &Stop) -> Result<()> {
    let limits = Config::default();
    let name = RoomName::new(room, limits.room_name_bytes)?;
    let people: Vec<UserName> = (0..PEOPLE)
        .map(|index| UserName::new(&format!("user{index}"), limits.name_bytes))
        .collect::<Result<_, _>>()?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis() as u64;
    let begun = now - u64::from(messages) * APART_MS;
    let (mut random, mut import) = (Random::default(), Import::create(folder)?);
    for number in 1..=u64::from(messages) {
        if number % 1000 == 0 {
            stop.check()?;
        }
        let place = Place { room: name.clone(), epoch: Epoch(1), number: Number(number) };
        let from = people[random.below(PEOPLE) as usize].clone();
        let body = Body::new(&talk(&mut random), limits.body_bytes)?;
        let stamp = Stamp { seq: Seq(number), at: Timestamp(begun + number * APART_MS) };
        import.event(room, Past { stamp, event: Event::Said { place, from, body } })?;
    }
    import.finish()?;
    Ok(())
}
