(module {{prelude}}
  ;; Calls when it is started and when it is configured; logs what is answered.
  (func $call (param $name i32) (param $size i32)
    {{proxy_http_call "upstream" {":method" "POST" ":path" "/" ":authority" "a"} $name $size {} 0}})
  (func {{export proxy_on_vm_start}}
    (call $call {{"vm start"}})
    (i32.const 1))
  (func {{export proxy_on_configure}}
    (call $call {{"configure"}})
    (i32.const 1))
  (func {{export proxy_on_http_call_response}}
    {{proxy_get_buffer_bytes HTTP_CALL_RESPONSE_BODY 0 -1}}
    {{proxy_log INFO (i32.load (i32.const 0x10)) (i32.load (i32.const 0x18))}}))
