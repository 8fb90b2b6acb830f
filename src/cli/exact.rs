//! A value with all that tells it from another: for those who compare two.

use ooievaar::dataset::{Code, Content, Value};

/// A value with its code and system, its namespace or its unit, as it stands in the record.
pub fn shown(content: &Content) -> String {
    match content {
        Content::Value(Value::Code(code)) => shown_code(code),
        Content::Value(Value::Boolean(true)) => "ja".to_owned(),
        Content::Value(Value::Boolean(false)) => "nee".to_owned(),
        Content::Value(Value::DateTime(moment)) => moment.to_fhir(),
        Content::Value(Value::Quantity(quantity)) => {
            format!("{} {}", quantity.value, quantity.unit).trim_end().to_owned()
        }
        Content::Value(Value::Count(text) | Value::Text(text)) => text.to_string(),
        Content::Value(Value::Identifier(id)) => match id.extension.as_str() {
            "" => id.root.to_string(),
            extension => format!("{extension} ({})", id.root),
        },
        Content::Null { flavor, original_text } => match original_text {
            Some(text) => format!("[{flavor}] \"{text}\""),
            None => format!("[{flavor}]"),
        },
    }
}

fn shown_code(code: &Code) -> String {
    let label = code.display.as_deref().map_or(String::new(), |display| format!("{display} "));
    let said = code.original_text.as_deref().map_or(String::new(), |text| format!(" \"{text}\""));
    format!("{label}({} in {}){said}", code.code, code.system)
}
