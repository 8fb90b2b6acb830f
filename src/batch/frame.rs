//! A message in a line of JSON: `{"id": …, "message": "…"}` or `{"id": …, "base64": "…"}`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::Value;

use super::unit::Fault;

/// The longest line that can hold a message of so many bytes: in base64, or as a text in which characters are escaped.
pub(super) fn longest(message: usize) -> usize {
    const ROOM: usize = 4;
    message.saturating_mul(ROOM).saturating_add(4096)
}

/// One line.
#[derive(Debug, Deserialize)]
pub(super) struct Frame {
    /// Whatever the sender uses to tell its messages apart; it comes back as it is.
    #[serde(default)]
    pub id: Value,
    message: Option<String>,
    base64: Option<String>,
}

impl Frame {
    /// Reads a line.
    pub fn parse(line: &[u8]) -> Result<Self, Fault> {
        let line = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line);
        serde_json::from_slice(line).map_err(|error| {
            let message = "is no JSON object with `message` or `base64`; give one such object a line";
            Fault { column: Some(error.column()), ..Fault::new("frame", message) }
        })
    }

    /// The bytes of the message.
    pub fn into_message(self) -> Result<Vec<u8>, Fault> {
        match (self.message, self.base64) {
            // A JSON string has been decoded already, whatever encoding the text declares: the mark says so.
            (Some(text), None) => Ok([b"\xEF\xBB\xBF", text.as_bytes()].concat()),
            (None, Some(text)) => {
                STANDARD.decode(text).map_err(|_| Fault::new("frame", "`base64` is no base64; encode it anew"))
            }
            _ => Err(Fault::new("frame", "has not exactly one of `message` and `base64`; give one of them")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_holds_a_message_in_one_of_two_ways() {
        let bytes = |line: &str| Frame::parse(line.as_bytes()).and_then(Frame::into_message);
        assert_eq!(bytes(r#"{"id":1,"message":"<é/>"}"#).unwrap(), "\u{FEFF}<é/>".as_bytes());
        assert_eq!(bytes(r#"{"base64":"6Q=="}"#).unwrap(), b"\xE9");
        assert_eq!(bytes("\u{FEFF}{\"base64\":\"6Q==\"}\r\n").unwrap(), b"\xE9");
        for wrong in ["", "[]", "{}", r#"{"message":1}"#, r#"{"base64":"é"}"#, r#"{"message":"","base64":""}"#] {
            assert_eq!(bytes(wrong).unwrap_err().code, "frame", "{wrong}");
        }
    }
}
