;;! title = "Nanoseconds since 1970, written without alignment"
;;! spec = "proxy_get_current_time_nanoseconds"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! dialogue = []
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_get_current_time_nanoseconds}}
    {{proxy_get_current_time_nanoseconds 0x11}}
    {{proxy_get_current_time_nanoseconds 0}}
    {{proxy_get_current_time_nanoseconds 0xfff8}}
    {{proxy_get_current_time_nanoseconds 0xfff9}}
    {{proxy_get_current_time_nanoseconds -1}}
    (i32.const 1)))
