;;! title = "Messages below the level of the host are dropped, which the guest is not told"
;;! spec = "proxy_log"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! dialogue = []
;;! log_level = "WARN"
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_log INFO "dropped"}}
    {{proxy_log WARN "kept"}}
    {{proxy_log INFO 0x10000 1}}
    (i32.const 1)))
