//! The machine that this is.

/// This machine's triple. The vendor is "unknown" everywhere but on Apple's, which is what compilers say as well.
pub fn target() -> String {
    let vendor = if cfg!(target_vendor = "apple") { "apple" } else { "unknown" };
    let environment = if cfg!(target_env = "gnu") {
        "-gnu"
    } else if cfg!(target_env = "musl") {
        "-musl"
    } else {
        ""
    };
    let system = match std::env::consts::OS {
        "macos" => "darwin",
        other => other,
    };
    format!("{}-{vendor}-{system}{environment}", std::env::consts::ARCH)
}

macro_rules! detected {
    ($detect:ident: $($feature:tt)*) => {
        [$(($feature, std::arch::$detect!($feature))),*]
    };
}

/// What this machine's processor has beyond the least of its kind, of what code generators know to use; sorted.
pub fn cpu_features() -> Vec<String> {
    #[cfg(target_arch = "x86_64")]
    let features = detected!(is_x86_feature_detected:
        "sse3" "ssse3" "sse4.1" "sse4.2" "popcnt" "avx" "avx2" "fma" "bmi1" "bmi2" "lzcnt" "cmpxchg16b"
        "avx512f" "avx512dq" "avx512bw" "avx512vl" "avx512bitalg" "avx512vbmi");
    #[cfg(target_arch = "aarch64")]
    let features = detected!(is_aarch64_feature_detected: "lse" "paca" "pacg" "fp16" "bti" "dotprod");
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    let features: [(&str, bool); 0] = [];

    let mut present: Vec<_> = features.iter().filter(|(_, has)| *has).map(|(name, _)| (*name).to_owned()).collect();
    present.sort();
    present
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_triple_is_rust_s_own() {
        assert_eq!(super::target().split('-').next(), Some(std::env::consts::ARCH));
        assert!(super::cpu_features().is_sorted());
    }
}
