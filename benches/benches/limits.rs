//! Criterion group `limits`: see `tollgate_benches::groups::limits`.

fn main() {
    tollgate_benches::criterion::run(tollgate_benches::groups::limits::cases());
}
