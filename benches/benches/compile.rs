//! Criterion group `compile`: see `tollgate_benches::groups::compile`.

fn main() {
    tollgate_benches::criterion::run(tollgate_benches::groups::compile::cases());
}
