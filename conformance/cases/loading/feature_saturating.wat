;;! title = "Saturating conversion is part of the baseline"
;;! spec = "6.1 Load"
;;! abi = ["0.2.1"]
;;! shows = ["sdk/features"]
;;! dialogue = []
(module {{prelude}}
  (func {{export proxy_on_configure}}
    (drop (i32.trunc_sat_f64_s (f64.const 1e300)))
    (i32.const 1)))
