;;! title = "Addresses are checked: the name, the arguments, then, when the function has run, where its results go"
;;! spec = "proxy_call_foreign_function"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    ;; The name: the last byte is one past the end.
    {{proxy_call_foreign_function 0xfff9 8 0 0 0x10 0x18}}
    {{proxy_call_foreign_function 0x10000 1 0 0 0x10 0x18}}
    {{proxy_call_foreign_function 0 0xffffffff 0 0 0x10 0x18}}
    ;; The arguments, also where there is no such function.
    {{proxy_call_foreign_function "compress" 0xfff9 8}}
    {{proxy_call_foreign_function "nothing" 0x10000 1}}
    {{proxy_call_foreign_function "compress" 8 0xffffffff}}
    ;; Where results go.
    {{proxy_call_foreign_function "compress" "hello" 0xfffd 0x18}}
    {{proxy_call_foreign_function "compress" "hello" 0x10 0x10000}}
    {{proxy_call_foreign_function "uncompress" "no stream" 0x10000 0x18}}
    ;; A range of no bytes is anywhere.
    {{proxy_call_foreign_function "uncompress" 0xffffffff 0}}
    {{CONTINUE}}))
