//! Runs one case a number of times, for a profiler to look at.
//!
//! ```sh
//! perf record target/release/case stream/empty/wasmtime 1000000
//! valgrind --tool=callgrind target/release/case hostcall/get_header_map_value/wasmtime 100000
//! ```
//!
//! Without arguments it lists the cases.

use std::process::ExitCode;
use tollgate_benches::groups;

fn main() -> ExitCode {
    let cases = groups::all();
    let mut args = std::env::args().skip(1);
    let Some(name) = args.next() else {
        cases.iter().for_each(|case| println!("{case}"));
        return ExitCode::SUCCESS;
    };
    let times = args.next().and_then(|times| times.parse::<u64>().ok()).filter(|times| *times > 0);
    match (cases.iter().find(|case| case.to_string() == name), times) {
        (Some(case), Some(times)) => {
            let time = case.prepare()(times);
            println!("{case}: {:.1} ns", time.as_secs_f64() * 1e9 / times as f64);
            ExitCode::SUCCESS
        }
        (None, _) => {
            eprintln!("there is no case {name}; without arguments, all are listed");
            ExitCode::FAILURE
        }
        (_, None) => {
            eprintln!("how often? case NAME TIMES");
            ExitCode::FAILURE
        }
    }
}
