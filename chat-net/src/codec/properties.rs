//! For every frame: each codec reads what it writes. For all bytes: no codec panics.

use bytes::BytesMut;
use chat_core::{Answer, Event};
use proptest::prelude::*;

use super::arbitrary::{from_client, from_server};
use super::wire::{FromClient, FromServer};
use super::{Form, bincode, frame, json, line, telnet, text};

fn client(encode: fn(&FromClient, &mut BytesMut), frame: &FromClient) -> BytesMut {
    let mut out = BytesMut::new();
    encode(frame, &mut out);
    out
}

fn server(encode: fn(&FromServer, &mut BytesMut), frame: &FromServer) -> BytesMut {
    let mut out = BytesMut::new();
    encode(frame, &mut out);
    out
}

/// Equality of names disregards case; what was read is to be the same to the letter.
fn assert_same<T: std::fmt::Debug + PartialEq, E: std::fmt::Debug>(read: Result<T, E>, sent: &T) {
    let read = read.expect("a codec reads what it writes");
    assert_eq!(&read, sent);
    assert_eq!(format!("{read:?}"), format!("{sent:?}"));
}

proptest! {
    #[test]
    fn every_codec_reads_what_a_client_writes(sent in from_client()) {
        assert_same(bincode::decode_client(&client(bincode::encode_client, &sent)), &sent);
        let json = client(json::encode_client, &sent);
        assert_same(json::decode_client(&json), &sent);
        prop_assert!(!json.contains(&b'\n'));
    }

    #[test]
    fn every_codec_reads_what_a_server_writes(sent in from_server()) {
        assert_same(bincode::decode_server(&server(bincode::encode_server, &sent)), &sent);
        let json = server(json::encode_server, &sent);
        assert_same(json::decode_server(&json), &sent);
        prop_assert!(!json.contains(&b'\n'));
    }

    #[test]
    fn every_form_frames_what_it_encodes(frames in prop::collection::vec(from_server(), 1..5)) {
        for form in [Form::Bincode, Form::JsonFrames, Form::JsonLines] {
            let mut out = BytesMut::new();
            frames.iter().for_each(|frame| form.encode(frame, true, &mut out));
            let (mut rest, mut lines) = (&out[..], line::LineSplitter::new(1 << 20));
            for sent in &frames {
                let (payload, used) = match form {
                    Form::JsonLines => match lines.next(rest) {
                        line::Line::Complete { line, used } => (line, used),
                        other => panic!("{other:?}"),
                    },
                    _ => frame::split(rest, frame::MAX_SERVER_PAYLOAD).unwrap().unwrap(),
                };
                let read = match form {
                    Form::Bincode => bincode::decode_server(payload),
                    _ => json::decode_server(payload),
                };
                assert_same(read, sent);
                rest = &rest[used..];
            }
            prop_assert!(rest.is_empty());
        }
    }

    #[test]
    fn people_see_clean_lines_and_at_most_one_for_each_frame_but_an_offer_and_the_order_of_a_room(sent in from_server(), own: bool) {
        let mut out = BytesMut::new();
        Form::Text.encode(&sent, own, &mut out);
        let shown = std::str::from_utf8(&out).unwrap();
        let is_offer = matches!(&sent, FromServer::Told(told) if matches!(told.event, Event::Offered(_)));
        prop_assert!(shown.is_empty() || shown.ends_with('\n'));
        let is_list = matches!(&sent, FromServer::Answered { answer: Answer::Room { .. } | Answer::Audit { .. }, .. });
        let most = if is_offer { 3 } else { 1 };
        prop_assert!(is_list || shown.split_terminator('\n').count() <= most, "{shown:?}");
        for line in shown.split_terminator('\n') {
            prop_assert!(!line.chars().any(char::is_control), "{line:?}");
            prop_assert!(line.starts_with(['[', '-', '!']));
        }
    }

    #[test]
    fn random_bytes_are_refused_and_never_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        read_all(&bytes);
    }

    #[test]
    fn mutated_frames_are_read_or_refused_and_never_a_panic(
        to_server in from_client(),
        to_client in from_server(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut in any::<prop::sample::Index>(),
    ) {
        for mut bytes in [
            client(bincode::encode_client, &to_server),
            client(json::encode_client, &to_server),
            server(bincode::encode_server, &to_client),
            server(json::encode_server, &to_client),
        ] {
            for (at, byte) in &changes {
                let at = at.index(bytes.len());
                bytes[at] = *byte;
            }
            read_all(&bytes);
            read_all(&bytes[..cut.index(bytes.len())]);
        }
    }
}

/// Every reader on the same bytes. What it takes, it can write and read again.
fn read_all(bytes: &[u8]) {
    for form in [Form::Bincode, Form::JsonFrames, Form::JsonLines, Form::Text] {
        match form.decode_client(bytes) {
            Ok(frame) => assert_same(bincode::decode_client(&client(bincode::encode_client, &frame)), &frame),
            Err(bad) => assert!(bad.message.chars().count() <= 200),
        }
    }
    for frame in [bincode::decode_server(bytes), json::decode_server(bytes)].into_iter().flatten() {
        assert_same(json::decode_server(&server(json::encode_server, &frame)), &frame);
        Form::Text.encode(&frame, false, &mut BytesMut::new());
    }
    let _ = frame::split(bytes, 64);
    let mut lines = line::LineSplitter::new(16);
    let mut rest = bytes;
    while let line::Line::Complete { used, .. } | line::Line::TooLong { used } = lines.next(rest) {
        rest = &rest[used..];
    }
    telnet::Telnet::default().strip(&mut bytes.to_vec());
    let _ = crate::door::recognise(bytes);
    let _ = text::parse(&String::from_utf8_lossy(bytes));
}
