//! The words of a token.

/// A word of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Word {
    /// A number, with the text it was written as.
    Number(i64),
    /// The name of a function, callback, enumeration value or keyword.
    Name(String),
    /// A value for the parameter of this name.
    Given(String, Box<Self>),
    /// WAT to be taken as it is: an expression in parentheses or a local.
    Wat(String),
    /// Bytes in memory: address and length.
    Bytes(Vec<u8>),
    /// Bytes in memory: address alone.
    Address(Vec<u8>),
    /// An AssemblyScript string: address.
    Utf16(Vec<u8>),
    /// An encoded map: its strings by turns.
    Map(Vec<Vec<u8>>),
    /// A list of buffers.
    Buffers(Vec<Vec<u8>>),
}

/// Splits a token into words.
pub(super) fn words(text: &str) -> Result<Vec<Word>, String> {
    let mut rest = text.trim_start();
    let mut words = Vec::new();
    while !rest.is_empty() {
        let (word, tail) = word(rest)?;
        words.push(word);
        rest = tail.trim_start();
    }
    Ok(words)
}

fn word(text: &str) -> Result<(Word, &str), String> {
    if text.starts_with('"') {
        let (bytes, rest) = string(text)?;
        return Ok((Word::Bytes(bytes), rest));
    }
    if let Some(quoted) = text.strip_prefix('@') {
        let (bytes, rest) = string(quoted)?;
        return Ok((Word::Address(bytes), rest));
    }
    if let Some(quoted) = text.strip_prefix("utf16") {
        let (bytes, rest) = string(quoted)?;
        return Ok((Word::Utf16(bytes), rest));
    }
    if let Some(inner) = text.strip_prefix('{') {
        let (strings, rest) = strings(inner, '}')?;
        if strings.len() % 2 != 0 {
            return Err("a map needs a value for each name".to_owned());
        }
        return Ok((Word::Map(strings), rest));
    }
    if let Some(inner) = text.strip_prefix('[') {
        let (strings, rest) = strings(inner, ']')?;
        return Ok((Word::Buffers(strings), rest));
    }
    if text.starts_with('(') {
        let end = balanced(text).ok_or("an opening parenthesis is never closed")?;
        return Ok((Word::Wat(text[..end].to_owned()), &text[end..]));
    }
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    if word.starts_with('$') {
        return Ok((Word::Wat(format!("(local.get {word})")), rest));
    }
    let first = word.chars().next().unwrap_or(' ');
    if first.is_ascii_digit() || first == '-' {
        let number = number(word).ok_or_else(|| format!("{word} is not a number"))?;
        return Ok((Word::Number(number), rest));
    }
    if let Some(at) = word.find('=') {
        let (value, rest) = self::word(&text[at + 1..])?;
        return Ok((Word::Given(word[..at].to_owned(), Box::new(value)), rest));
    }
    Ok((Word::Name(word.to_owned()), rest))
}

fn number(word: &str) -> Option<i64> {
    match word.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16).ok().map(|number| number as i64),
        None => word.parse().ok(),
    }
}

fn balanced(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(at + 1);
        }
    }
    None
}

fn strings(mut text: &str, close: char) -> Result<(Vec<Vec<u8>>, &str), String> {
    let mut strings = Vec::new();
    loop {
        text = text.trim_start();
        if let Some(rest) = text.strip_prefix(close) {
            return Ok((strings, rest));
        }
        let (bytes, rest) = string(text)?;
        strings.push(bytes);
        text = rest;
    }
}

/// A string with the escapes of WAT: `\n`, `\t`, `\r`, `\"`, `\\` and two hexadecimal digits.
fn string(text: &str) -> Result<(Vec<u8>, &str), String> {
    let inner = text.strip_prefix('"').ok_or_else(|| format!("a string is expected at: {text}"))?;
    let mut bytes = Vec::new();
    let mut chars = inner.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Ok((bytes, &inner[at + 1..])),
            '\\' => match chars.next().map(|(_, c)| c) {
                Some('n') => bytes.push(b'\n'),
                Some('t') => bytes.push(b'\t'),
                Some('r') => bytes.push(b'\r'),
                Some(c @ ('"' | '\\')) => bytes.push(c as u8),
                Some(high) => {
                    let low = chars.next().map(|(_, c)| c);
                    let digit = |c: char| c.to_digit(16).map(|digit| digit as u8);
                    match (digit(high), low.and_then(digit)) {
                        (Some(high), Some(low)) => bytes.push(high << 4 | low),
                        _ => return Err(format!("bad escape in the string: {text}")),
                    }
                }
                None => break,
            },
            c => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    Err(format!("the string never ends: {text}"))
}
