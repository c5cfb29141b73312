;;! title = "A message may end at the last byte of memory and not one later; an empty one may be anywhere"
;;! spec = "proxy_log"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! dialogue = []
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_log INFO 0xffff 1}}
    {{proxy_log INFO 0xffff 2}}
    {{proxy_log INFO 0x10000 1}}
    {{proxy_log INFO 0x10000 0}}
    {{proxy_log INFO -1 0}}
    {{proxy_log INFO 0 -1}}
    {{proxy_log INFO -1 -1}}
    (i32.const 1)))
