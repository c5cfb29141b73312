;;! title = "Result addresses are checked before anything is allocated"
;;! spec = "proxy_get_configuration"
;;! abi = ["0.1.0"]
;;! dialogue = []
;;! plugin = [{ name = "plugin", configuration = "of the plugin" }]
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_get_configuration 0xfffd 0x10}}
    {{proxy_get_configuration 0x10 0xfffd}}
    {{proxy_get_configuration 0 4}}
    (i32.const 1)))
