;;! title = "Plugins that may use different things share no VM"
;;! spec = "capability_restriction_config"
;;! abi = ["0.2.1"]
;;! plugin = [
;;!   { name = "all" },
;;!   { name = "some", allowed_capabilities = ["proxy_on_configure", "proxy_log"] },
;;!   { name = "as many", allowed_capabilities = ["proxy_on_configure", "proxy_log"] },
;;! ]
;;! dialogue = []
(module {{prelude}}
  (global $starts (mut i32) (i32.const 0))
  (func {{export proxy_on_configure}}
    (global.set $starts (i32.add (global.get $starts) (i32.const 1)))
    (if (i32.eq (global.get $starts) (i32.const 1)) (then {{proxy_log INFO "the first of its VM"}}))
    (if (i32.eq (global.get $starts) (i32.const 2)) (then {{proxy_log INFO "the second of its VM"}}))
    (i32.const 1)))
