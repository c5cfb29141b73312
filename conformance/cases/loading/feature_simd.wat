;;! title = "SIMD is accepted where the engine has it"
;;! spec = "6.1 Load"
;;! abi = ["0.2.1"]
;;! dialogue = []
(module {{prelude}}
  (func {{export proxy_on_configure}}
    (drop (i8x16.extract_lane_u 3 (v128.const i32x4 0 0 0 0)))
    (i32.const 1)))
