;;! title = "Reference types is part of the baseline"
;;! spec = "6.1 Load"
;;! abi = ["0.2.1"]
;;! shows = ["sdk/features"]
;;! dialogue = []
(module {{prelude}}
  (func {{export proxy_on_configure}}
    (drop (ref.is_null (ref.null func)))
    (i32.const 1)))
