use proptest::prelude::*;

use super::*;

fn split(encoding: Encoding, bytes: &[u8], piece: usize) -> Result<Vec<Record>, BadFile> {
    let (mut splitter, mut out) = (Splitter::new(encoding, ','), Vec::new());
    for piece in bytes.chunks(piece.max(1)) {
        splitter.push(piece, &mut out)?;
    }
    splitter.finish(&mut out)?;
    Ok(out)
}

fn lines(text: &str) -> Vec<(u64, String, LineEnd)> {
    let read = |r: Record| (r.line, String::from_utf8(r.raw).unwrap(), r.end);
    split(Encoding::Utf8, text.as_bytes(), 3).unwrap().into_iter().map(read).collect()
}

#[test]
fn every_line_end_counts_as_an_editor_counts_it() {
    let found = lines("h,i\r\na,\"1\r\n2\"\r\n\r\nb,\"x\ny\rz\"\rc,d\n,,\n\ne,f");
    let expected = [
        (1, "h,i", LineEnd::CrLf),
        (2, "a,\"1\r\n2\"", LineEnd::CrLf),
        (5, "b,\"x\ny\rz\"", LineEnd::Cr),
        (8, "c,d", LineEnd::Lf),
        (11, "e,f", LineEnd::None),
    ];
    assert_eq!(found, expected.map(|(line, text, end)| (line, text.to_owned(), end)));
}

#[test]
fn cr_alone_throughout_and_once() {
    let found = lines("h\ra\rb\r");
    assert_eq!(
        found.iter().map(|(line, text, _)| (*line, &**text)).collect::<Vec<_>>(),
        [(1, "h"), (2, "a"), (3, "b")]
    );
    let found = lines("h\na\rb\nc");
    assert_eq!(found.iter().map(|(line, ..)| *line).collect::<Vec<_>>(), [1, 2, 3, 4]);
}

#[test]
fn a_quote_that_stays_open_is_told_by_its_line() {
    let error = split(Encoding::Utf8, b"a,b\n1,2\n3,\"4\n5,6\n", 4).unwrap_err();
    assert_eq!(error, BadFile::OpenQuote { cell: 2, opened: 3 });
    assert!(error.to_string().contains("cell 2 in line 3"), "{error}");
    assert!(split(Encoding::Utf8, b"a,\"b\"", 4).is_ok());
}

#[test]
fn text_behind_a_closing_quote_is_found_and_the_next_record_is_whole() {
    let found = split(Encoding::Utf8, b"a,\"5\" pipe,c\nx,\"y\"\"z\",\"\"\nq,\"r\ns\"t\n", 2).unwrap();
    assert_eq!(found[0].behind, Some(Behind { cell: 2, line: 1, opened: 1 }));
    assert_eq!((found[1].behind, found[1].line), (None, 2));
    assert_eq!(found[2].behind, Some(Behind { cell: 2, line: 4, opened: 3 }));
    assert!(found[2].behind.unwrap().to_string().contains("opened in line 3"));
    // A quote in the middle of a plain cell is text.
    assert_eq!(split(Encoding::Utf8, b"a,5\" pipe,c\n", 2).unwrap()[0].behind, None);
}

#[test]
fn the_longest_record_is_limited() {
    let (mut splitter, mut out) = (Splitter::new(Encoding::Utf8, ','), Vec::new());
    splitter.push(b"a,b\nc,\"", &mut out).unwrap();
    let piece = vec![b'\n'; 1 << 20];
    let error = (0..40).find_map(|_| splitter.push(&piece, &mut out).err()).unwrap();
    assert_eq!(error, BadFile::TooLong { line: 2, opened: Some(2) });
    assert!(splitter.raw.capacity() <= 2 * LONGEST);
}

#[test]
fn a_trail_byte_is_no_delimiter() {
    // The second byte of 83 7C looks like a bar.
    let mut out = Vec::new();
    let mut splitter = Splitter::new(Encoding::Cp932, '|');
    splitter.push(b"a|\x83\x7c|c\n", &mut out).unwrap();
    assert_eq!(spans(&out[0].raw, Encoding::Cp932, '|').len(), 3);
}

#[test]
fn cells_stand_where_their_bytes_are() {
    let raw = b"a,\"b,\"\"c\",,d";
    let found: Vec<&[u8]> = spans(raw, Encoding::Utf8, ',').into_iter().map(|span| &raw[span]).collect();
    assert_eq!(found, [&b"a"[..], b"\"b,\"\"c\"", b"", b"d"]);
    let raw = Encoding::Utf16Be.encode("a,b");
    assert_eq!(spans(&raw, Encoding::Utf16Be, ','), [0..2, 4..6]);
}

proptest! {
    #[test]
    fn records_and_line_ends_are_the_file(text in "[ab\",\r\n]{0,40}", piece in 1usize..7) {
        for encoding in [Encoding::Utf8, Encoding::Utf16Le, Encoding::Utf16Be, Encoding::Cp932] {
            let Ok(found) = split(encoding, &encoding.encode(&text), piece) else {
                prop_assert!(split(Encoding::Utf8, text.as_bytes(), 1).is_err());
                continue;
            };
            let same = split(Encoding::Utf8, text.as_bytes(), 64).unwrap();
            let read = |r: &Record| (r.line, encoding.decode(&r.raw).unwrap().into_owned(), r.end, r.behind);
            let plain = |r: &Record| (r.line, String::from_utf8(r.raw.clone()).unwrap(), r.end, r.behind);
            prop_assert_eq!(found.iter().map(read).collect::<Vec<_>>(), same.iter().map(plain).collect::<Vec<_>>());
            // Nothing of the file is lost but blank rows.
            let mut at = 0;
            for record in &same {
                let whole = [&record.raw[..], record.end.text().as_bytes()].concat();
                let rest = &text.as_bytes()[at..];
                let place = rest.windows(whole.len()).position(|w| w == whole);
                prop_assert!(place.is_some(), "{:?} in {:?}", whole, text);
                prop_assert!(rest[..place.unwrap()].iter().all(|b| b"\r\n,\" \t".contains(b)));
                at += place.unwrap() + whole.len();
            }
        }
    }
}
