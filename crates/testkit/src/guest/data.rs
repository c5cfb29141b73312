//! The strings of a guest, laid out in its memory.

use std::collections::HashMap;
use tollgate_abi::encoding::pairs;

/// Address of the first string.
const FIRST: u32 = 0x1000;

/// Address past the last string: there the allocator begins.
const END: u32 = 0x8000;

/// The strings of a guest, each once, at addresses that depend on their order alone.
#[derive(Debug, Default)]
pub(super) struct Data {
    places: HashMap<Vec<u8>, u32>,
    bytes: Vec<u8>,
}

impl Data {
    /// Address of these bytes.
    pub(super) fn place(&mut self, bytes: &[u8]) -> Result<u32, String> {
        if let Some(place) = self.places.get(bytes) {
            return Ok(*place);
        }
        let place = FIRST + self.bytes.len() as u32;
        self.bytes.extend_from_slice(bytes);
        self.bytes.resize(self.bytes.len().next_multiple_of(8), 0);
        if FIRST + self.bytes.len() as u32 > END {
            return Err("the strings do not fit between 0x1000 and 0x8000".to_owned());
        }
        self.places.insert(bytes.to_vec(), place);
        Ok(place)
    }

    /// Address and length of an encoded map.
    pub(super) fn map(&mut self, strings: &[Vec<u8>]) -> Result<(u32, usize), String> {
        let encoded = pairs::encode(strings.chunks_exact(2).map(|pair| (&pair[0][..], &pair[1][..])));
        Ok((self.place(&encoded)?, encoded.len()))
    }

    /// Address and number of entries of a list of buffers.
    pub(super) fn buffers(&mut self, strings: &[Vec<u8>]) -> Result<(u32, usize), String> {
        let mut list = Vec::new();
        for string in strings {
            list.extend_from_slice(&self.place(string)?.to_le_bytes());
            list.extend_from_slice(&(string.len() as u32).to_le_bytes());
        }
        Ok((self.place(&list)?, strings.len()))
    }

    /// Address of an AssemblyScript string: UTF-16 with its length in bytes before it.
    pub(super) fn utf16(&mut self, text: &[u8]) -> Result<u32, String> {
        let text = std::str::from_utf8(text).map_err(|_| "a UTF-16 string is written in UTF-8".to_owned())?;
        let units: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let mut bytes = (units.len() as u32).to_le_bytes().to_vec();
        bytes.extend_from_slice(&units);
        Ok(self.place(&bytes)? + 4)
    }

    /// The data segment.
    pub(super) fn segment(&self) -> String {
        if self.bytes.is_empty() {
            return String::new();
        }
        let text: String = self.bytes.iter().map(|byte| format!("\\{byte:02x}")).collect();
        format!("(data (i32.const {FIRST:#x}) \"{text}\")")
    }
}
