;;! title = "Sign extension is part of the baseline"
;;! spec = "6.1 Load"
;;! abi = ["0.2.1"]
;;! shows = ["sdk/features"]
;;! dialogue = []
(module {{prelude}}
  (func {{export proxy_on_configure}}
    (drop (i32.extend8_s (i32.const 255)))
    (i32.const 1)))
