;; A small plugin as people write them: reads a request header, adds a response header.
(module
  {{imports}} {{marker}} {{memory}} {{data}}

  ;; Nothing outlives a stream, so the next one starts with an empty heap.
  (global $heap (mut i32) (i32.const 0x8000))
  (func (export "malloc") (param $size i32) (result i32)
    (global.get $heap)
    (global.set $heap (i32.add (global.get $heap) (local.get $size))))

  (func {{export proxy_on_context_create}}
    (global.set $heap (i32.const 0x8000)))
  (func {{export proxy_on_request_headers}}
    (if {{result proxy_get_header_map_value HTTP_REQUEST_HEADERS "x-request-id"}} (then (unreachable)))
    (i32.const 0))
  (func {{export proxy_on_response_headers}}
    (if {{result proxy_add_header_map_value HTTP_RESPONSE_HEADERS "x-wasm-custom" "FOO"}} (then (unreachable)))
    (i32.const 0))
  (func {{export proxy_on_log}})
  (func {{export proxy_on_done}} (i32.const 1))
  (func {{export proxy_on_delete}}))
