//! Criterion group `guest`: see `tollgate_benches::groups::guest`.

fn main() {
    tollgate_benches::criterion::run(tollgate_benches::groups::guest::cases());
}
