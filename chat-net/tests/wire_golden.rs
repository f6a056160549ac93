//! The wire is what `docs/protocol.md` says it is: its vectors, its preface and its tables, read from that file.
//!
//! `CHAT_UPDATE_GOLDEN=1 cargo test -p chat-net --test wire_golden` writes the hex and text lines anew from the
//! JSON lines. A line that changes breaks every client in use.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::PathBuf;

use bytes::BytesMut;
use chat_net::chat_core::Code;
use chat_net::codec::{Form, FromClient, Hello, bincode, frame, json, text};

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/protocol.md")
}

fn document() -> String {
    std::fs::read_to_string(path()).unwrap()
}

/// What is inside each block that is fenced as `kind`.
fn blocks<'a>(document: &'a str, kind: &str) -> Vec<&'a str> {
    let fence = format!("\n```{kind}\n");
    document.split(&fence).skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

/// The value of the line of `block` that begins with `key`.
fn line<'a>(block: &'a str, key: &str) -> &'a str {
    let line = block.lines().find(|line| line.split(' ').next() == Some(key)).unwrap();
    line[key.len()..].trim_start()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ")
}

fn unhex(text: &str) -> Vec<u8> {
    text.split_whitespace().map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect()
}

fn written(write: impl FnOnce(&mut BytesMut)) -> Vec<u8> {
    let mut out = BytesMut::new();
    write(&mut out);
    out.to_vec()
}

/// What the codecs make of the JSON line of a block: the whole block anew, as it should be. Each codec reads
/// what the other wrote.
fn anew(block: &str) -> String {
    let title = block.lines().next().unwrap();
    let json = line(block, "json");
    let (binary, json_again, shown);
    if title.starts_with("client ") {
        let frame = json::decode_client(json.as_bytes()).unwrap();
        binary = written(|out| bincode::encode_client(&frame, out));
        let read = bincode::decode_client(&binary).unwrap();
        json_again = written(|out| json::encode_client(&read, out));
        shown = Vec::new();
    } else {
        let frame = json::decode_server(json.as_bytes()).unwrap();
        binary = written(|out| bincode::encode_server(&frame, out));
        let read = bincode::decode_server(&binary).unwrap();
        json_again = written(|out| json::encode_server(&read, out));
        shown = written(|out| Form::Text.encode(&frame, false, out));
    }
    assert_eq!(String::from_utf8(json_again).unwrap(), json);
    let mut made = format!("{title}\njson {json}\nhex {}\n", hex(&binary));
    if !shown.is_empty() {
        write!(made, "text {}", String::from_utf8(shown).unwrap()).unwrap();
    }
    made
}

#[test]
fn every_vector_is_what_the_codecs_write_and_read() {
    let mut document = document();
    let update = std::env::var_os("CHAT_UPDATE_GOLDEN").is_some();
    for block in blocks(&document.clone(), "vector") {
        let made = anew(block);
        if update {
            document =
                document.replacen(&format!("```vector\n{block}```"), &format!("```vector\n{made}```"), 1);
        } else {
            assert_eq!(block, made, "CHAT_UPDATE_GOLDEN=1 writes it anew, if the wire is meant to change");
        }
    }
    if update {
        std::fs::write(path(), document).unwrap();
    }
}

#[test]
fn every_message_has_a_vector() {
    let document = document();
    let types = |side: &str| -> BTreeSet<String> {
        let of_side = blocks(&document, "vector").into_iter().filter_map(|block| block.strip_prefix(side));
        of_side
            .map(|block| {
                let object: serde_json::Value = serde_json::from_str(line(block, "json")).unwrap();
                let title = block.lines().next().unwrap().split(',').next().unwrap();
                assert_eq!(object["type"], title, "a vector is titled by its type");
                title.to_owned()
            })
            .collect()
    };
    let client = "accept audit ban bye cancel chunk decline delete enter finish hash history hello invite join kick \
                  leave log_out_everywhere login mute offer password pause ping pong received register room rooms say \
                  search set_modes set_role topic transfers unban unlock unmute users whisper";
    let server = "accepted attached audit cancelled caught_up chunk churned closed closing credit declined deleted \
                  done finished gap hashed history invited joined kicked left lifted members modes_changed offered \
                  paused ping pong progressed ranked refused removed replaced restricted resumed role_changed room rooms \
                  said search stop topic_changed transfers users welcome whispered";
    let set = |names: &str| -> BTreeSet<String> { names.split_whitespace().map(str::to_owned).collect() };
    assert_eq!(types("client "), set(client));
    assert_eq!(types("server "), set(server));
}

#[test]
fn the_preface_and_the_frames_are_as_written() {
    let document = document();
    let preface = blocks(&document, "preface")[0];
    for (key, form) in [("bincode", Form::Bincode), ("json", Form::JsonFrames)] {
        assert_eq!(unhex(line(preface, key)), frame::preface(form).unwrap());
    }
    let stream = blocks(&document, "stream")[0];
    let hello = FromClient::Hello(Hello { name: "alice".into(), ..Hello::default() });
    let limit = frame::MAX_CLIENT_PAYLOAD;
    let framed = written(|out| frame::put(out, limit, |out| bincode::encode_client(&hello, out)).unwrap());
    assert_eq!(line(stream, "bincode"), hex(&framed));
    let framed = written(|out| frame::put(out, limit, |out| json::encode_client(&hello, out)).unwrap());
    let (length, payload) = framed.split_at(frame::HEADER_BYTES);
    let payload = std::str::from_utf8(payload).unwrap();
    assert_eq!(line(stream, "json"), format!("{} {payload}", hex(length)));
}

#[test]
fn the_table_of_codes_is_the_one_of_the_code() {
    let document = document();
    let table = document.split("| code | name | sentence |\n|---|---|---|\n").nth(1).unwrap();
    let rows: Vec<&str> = table.lines().take_while(|row| row.starts_with('|')).collect();
    let codes: Vec<String> = Code::ALL
        .iter()
        .map(|code| format!("| {} | `{}` | {} |", code.number(), code.name(), code.sentence()))
        .collect();
    assert_eq!(rows, codes);
}

#[test]
fn the_greeting_and_the_help_are_as_written() {
    let document = document();
    let shown = blocks(&document, "text");
    assert!(shown.contains(&text::greeting()));
    for about in ["", "files", "account", "order"] {
        assert!(shown.contains(&text::help(about, text::FILES).as_str()), "{about}");
    }
}
