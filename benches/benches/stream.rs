//! Criterion group `stream`: see `tollgate_benches::groups::stream`.

fn main() {
    tollgate_benches::criterion::run(tollgate_benches::groups::stream::cases());
}
