//! The door: what a new connection speaks, told from its first bytes alone.

use crate::codec::{Form, PROTOCOL_VERSION, frame};

/// What the first bytes of a connection are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Recognised {
    /// Too few to tell. If no more come, it is a person who waits to be greeted.
    NeedMore,
    /// A preface: frames follow its [`frame::PREFACE_BYTES`] bytes.
    Framed(Form),
    /// A preface of a version that is not spoken here.
    UnsupportedVersion,
    /// One JSON object a line; the bytes are the beginning of the first.
    JsonLines,
    /// An HTTP request.
    Http,
    /// The beginning of TLS.
    Tls,
    /// A person; the bytes are the beginning of what they typed.
    Person,
    /// None of these.
    Garbage,
}

/// RFC 9110 §9, and `PRI` of HTTP/2. A name has no blank in it, so no person's first line begins like this.
const METHODS: [&[u8]; 10] = [
    b"GET ",
    b"HEAD ",
    b"POST ",
    b"PUT ",
    b"DELETE ",
    b"CONNECT ",
    b"OPTIONS ",
    b"TRACE ",
    b"PATCH ",
    b"PRI ",
];

/// Tells what a connection speaks from all the bytes that came so far. Once it is anything but
/// [`Recognised::NeedMore`], more bytes do not change it; it needs eight at the most.
///
/// It serves for the first line of a person who was greeted after a silence, too: anything but
/// [`Recognised::Person`] and [`Recognised::NeedMore`] is then not for a person's eyes.
#[must_use]
pub fn recognise(first: &[u8]) -> Recognised {
    match first {
        [] => Recognised::NeedMore,
        [0xC1, ..] => preface(first),
        [b'{', ..] => Recognised::JsonLines,
        [0x16] => Recognised::NeedMore,
        [0x16, 0x03, ..] => Recognised::Tls,
        // Telnet begins with its options. Other bytes that neither are typed nor begin UTF-8 are not text.
        [0xFF, ..] => Recognised::Person,
        [0..=0x08 | 0x0B..=0x0C | 0x0E..=0x1F | 0x7F..=0xC0 | 0xF5..=0xFE, ..] => Recognised::Garbage,
        _ if METHODS.iter().any(|method| first.starts_with(method)) => Recognised::Http,
        _ if METHODS.iter().any(|method| method.starts_with(first)) => Recognised::NeedMore,
        _ => Recognised::Person,
    }
}

fn preface(first: &[u8]) -> Recognised {
    let magic = first.len().min(frame::MAGIC.len());
    if first[..magic] != frame::MAGIC[..magic] {
        return Recognised::Garbage;
    }
    match first[magic..] {
        [version, ..] if version != PROTOCOL_VERSION => Recognised::UnsupportedVersion,
        [_, 0, b'\n', ..] => Recognised::Framed(Form::Bincode),
        [_, 1, b'\n', ..] => Recognised::Framed(Form::JsonFrames),
        [] | [_] | [_, 0 | 1] => Recognised::NeedMore,
        _ => Recognised::Garbage,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_client_is_known_by_its_first_bytes() {
        use Recognised::*;
        for (first, is) in [
            (&b"\xC1chat\x01\x00\n\0\0\0\x05"[..], Framed(Form::Bincode)),
            (b"\xC1chat\x01\x01\n", Framed(Form::JsonFrames)),
            (b"\xC1chat\x02\x00\n", UnsupportedVersion),
            (b"\xC1chat\x01\x02\n", Garbage),
            (b"\xC1chat\x01\x01\r", Garbage),
            (b"\xC1chit\x01\x01\n", Garbage),
            (b"{\"type\":\"hello\"}\n", JsonLines),
            (b"GET / HTTP/1.1\r\n", Http),
            (b"PRI * HTTP/2.0\r\n", Http),
            (b"GET\n", Person),
            (b"GETTY\n", Person),
            (b"get / \n", Person),
            (b"\x16\x03\x01\x02", Tls),
            (b"\x16x", Garbage),
            (b"alice\r\n", Person),
            (b"\r\n", Person),
            (b"\xff\xfd\x03", Person),
            ("élise".as_bytes(), Person),
            (b"\0\0\0\x05", Garbage),
            (b"\x80", Garbage),
        ] {
            assert_eq!(recognise(first), is, "{first:?}");
            let dribbled: Vec<Recognised> = (0..=first.len()).map(|end| recognise(&first[..end])).collect();
            let decided = dribbled.iter().position(|r| *r != NeedMore).expect("it is decided at the end");
            assert!(dribbled[decided..].iter().all(|r| *r == is), "{first:?}: {dribbled:?}");
            assert!(decided <= frame::PREFACE_BYTES);
        }
    }

    #[test]
    fn the_preface_of_each_form_is_recognised() {
        for form in [Form::Bincode, Form::JsonFrames] {
            let preface = frame::preface(form).expect("it is framed");
            assert_eq!(recognise(&preface), Recognised::Framed(form));
        }
        assert_eq!(frame::preface(Form::Text), None);
    }
}
