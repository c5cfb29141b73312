//! A reader of HTTP/1.1 requests that takes nothing in two ways: what a proxy sends on has to be right for it.

/// The length of the request that the bytes begin with, when all of it is there.
///
/// # Errors
///
/// What of it is not as a proxy may send it, or it does not have exactly one field `mark` with this value.
pub fn request(bytes: &[u8], mark: &'static str, value: &str) -> Result<Option<usize>, String> {
    let shown = || format!("{:?}", String::from_utf8_lossy(bytes));
    let Some(end) = find(bytes, b"\r\n\r\n") else { return Ok(None) };
    // Values may have bytes of no text (RFC 9110, 5.5).
    let head = String::from_utf8_lossy(&bytes[..end]);
    let mut lines = head.split("\r\n");
    let first: Vec<_> = lines.next().unwrap_or_default().split(' ').collect();
    let fields: Vec<_> = lines.map(|line| line.split_once(": ")).collect::<Option<_>>().ok_or_else(shown)?;
    let all = |name: &'static str| {
        fields.iter().filter(move |(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
    };
    let is_head = first.len() == 3 && first[2] == "HTTP/1.1" && !head.replace("\r\n", "").contains(['\r', '\n', '\0']);
    if !is_head || !all(mark).eq([value]) {
        return Err(shown());
    }
    let begin = end + 4;
    let lengths: Vec<_> = all("content-length").collect();
    let codings: Vec<_> = all("transfer-encoding").collect();
    match (&lengths[..], &codings[..]) {
        ([], []) => Ok(Some(begin)),
        ([length], []) if length.bytes().all(|byte| byte.is_ascii_digit()) => {
            let end = begin + length.parse::<usize>().map_err(|_| shown())?;
            Ok((bytes.len() >= end).then_some(end))
        }
        ([], ["chunked"]) => chunks(bytes, begin).map_err(|()| shown()),
        _ => Err(shown()),
    }
}

fn chunks(bytes: &[u8], mut at: usize) -> Result<Option<usize>, ()> {
    loop {
        let Some(end) = find(&bytes[at..], b"\r\n") else { return Ok(None) };
        let digits = std::str::from_utf8(&bytes[at..at + end]).map_err(drop)?;
        let size = usize::from_str_radix(digits, 16).map_err(drop)?;
        at += end + 2;
        if size == 0 {
            // Trailers, up to an empty line.
            loop {
                let Some(end) = find(&bytes[at..], b"\r\n") else { return Ok(None) };
                at += end + 2;
                if end == 0 {
                    return Ok(Some(at));
                }
            }
        }
        match bytes.get(at + size..at + size + 2) {
            None => return Ok(None),
            Some(b"\r\n") => at += size + 2,
            Some(_) => return Err(()),
        }
    }
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

#[cfg(test)]
mod tests {
    fn of(bytes: &[u8]) -> Result<Option<usize>, String> {
        super::request(bytes, "x-passed", "yes")
    }

    #[test]
    fn requests_are_told_apart() {
        let right = "POST / HTTP/1.1\r\nx-passed: yes\r\ncontent-length: 2\r\n\r\nab";
        assert_eq!(of(right.as_bytes()), Ok(Some(right.len())));
        assert_eq!(of(&right.as_bytes()[..right.len() - 1]), Ok(None));
        let chunked =
            "POST / HTTP/1.1\r\nx-passed: yes\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n0\r\na: b\r\n\r\n";
        assert_eq!(of(chunked.as_bytes()), Ok(Some(chunked.len())));
        let no_text = [&b"GET / HTTP/1.1\r\na: \xff\r\n"[..], b"x-passed: yes\r\n\r\n"].concat();
        assert_eq!(of(&no_text), Ok(Some(no_text.len())));
        for (good, wrong) in
            [("x-passed: yes\r\n", ""), ("2\r\n", "2\r\ncontent-length: 2\r\n"), ("HTTP/1.1", "HTTP/1.0")]
        {
            assert!(of(right.replacen(good, wrong, 1).as_bytes()).is_err(), "{wrong}");
        }
    }
}
