//! What must hold in the end, whatever was done to the server: as its clients, an export and `verify` have it.

use std::collections::BTreeMap;

use chat_net::codec::{FromServer, json};

use crate::crowd::Crowd;
use crate::lab::Lab;
use crate::ledger::Ledger;

/// Starts the server once more: people talk on, fall silent, and nothing that was accepted is lost or doubled.
/// Gives how many messages there are.
pub(crate) async fn all_is_there(lab: &Lab, crowd: &mut Crowd) -> u64 {
    let server = lab.start();
    crowd.accepts(50).await;
    crowd.falls_silent().await;
    let messages = crowd.reads_everything("reader").await;
    crowd.goes().await;
    server.end();
    let mut ledger = crowd.shared.ledger();
    export(lab, &mut ledger);
    ledger.settled();
    ledger.check("in the end");
    let output = lab.offline(&["verify"]);
    assert!(output.status.success(), "{output:?}");
    messages
}

/// `chat-cli export`: every numbered event of every room, and no others.
fn export(lab: &Lab, ledger: &mut Ledger) {
    let output = lab.offline(&["export"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let mut lines = text.lines();
    let header: serde_json::Value = serde_json::from_str(lines.next().unwrap()).unwrap();
    assert_eq!(header["export"], "chat");
    let mut numbers: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for line in lines {
        let Ok(FromServer::Told(told)) = json::decode_server(line.as_bytes()) else { panic!("{line}") };
        let place = told.event.place().expect("only numbered events are exported");
        numbers.entry(place.room.as_str().to_owned()).or_default().push(place.number.0);
        ledger.seen("export", told.at, &told.event);
    }
    for room in ledger.rooms() {
        ledger.whole("export", &room, numbers.get(&room).map_or(&[], Vec::as_slice), false);
    }
}
