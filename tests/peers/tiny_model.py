"""Makes a model for engines: two layers with random weights, which follow no instruction.

    python tiny_model.py FOLDER TEXT...       for vLLM; needs torch, transformers and tokenizers
    python tiny_model.py FILE.gguf TEXT...    for llama.cpp; needs gguf, numpy and tokenizers

The files TEXT train the tokenizer. The same files and versions make the same model.

Such a model writes bytes that are no text, stops where it likes and calls tools with nonsense. What the server alone
decides has to hold all the same.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

CONTEXT, VOCABULARY = 8192, 2000
WIDTH, INNER, LAYERS, HEADS = 64, 128, 2, 2
"""The sizes of the model. A head is 32 wide: vLLM's kernels for processors know nothing smaller."""
END_OF_TEXT, START, END = SPECIAL = "<|endoftext|>", "<|im_start|>", "<|im_end|>"

TEMPLATE = """\
{%- if tools %}<|im_start|>system
{%- if messages[0].role == 'system' %}
{{ messages[0].content }}
{%- endif %}
# Tools
<tools>
{%- for tool in tools %}
{{ tool | tojson }}
{%- endfor %}
</tools>
Call a tool with <tool_call>
{"name": name, "arguments": arguments}
</tool_call><|im_end|>
{%- elif messages[0].role == 'system' %}<|im_start|>system
{{ messages[0].content }}<|im_end|>
{%- endif %}
{%- for message in messages %}
{%- if message.role == 'tool' %}
<|im_start|>user
<tool_response>
{{ message.content }}
</tool_response><|im_end|>
{%- elif message.role != 'system' or not loop.first %}
<|im_start|>{{ message.role }}
{{ message.content or '' }}
{%- for call in message.tool_calls or [] %}
<tool_call>
{"name": "{{ call.function.name }}", "arguments": {{ call.function.arguments | tojson }}}
</tool_call>
{%- endfor %}<|im_end|>
{%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
<|im_start|>assistant
{% endif %}"""
"""ChatML, with tools, calls and results in the manner of Hermes."""


def learned(texts: list[str]) -> Tokenizer:
    """A byte-level BPE, trained on the texts."""
    words = Tokenizer(models.BPE())
    words.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    words.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=list(SPECIAL),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    words.train_from_iterator(texts, trainer)
    return words


def write_folder(folder: str, words: Tokenizer) -> None:
    """A Qwen2 in the form of transformers."""
    import torch
    from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM

    torch.manual_seed(0)
    PreTrainedTokenizerFast(
        tokenizer_object=words,
        eos_token=END,
        pad_token=END_OF_TEXT,
        chat_template=TEMPLATE,
        model_max_length=CONTEXT,
    ).save_pretrained(folder)
    config = Qwen2Config(
        vocab_size=words.get_vocab_size(),
        hidden_size=WIDTH,
        intermediate_size=INNER,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        num_key_value_heads=HEADS,
        max_position_embeddings=CONTEXT,
        bos_token_id=None,
        eos_token_id=words.token_to_id(END),
        pad_token_id=words.token_to_id(END_OF_TEXT),
    )
    Qwen2ForCausalLM(config).save_pretrained(folder)


def write_gguf(file: str, words: Tokenizer) -> None:
    """A Llama in one file in the form of llama.cpp."""
    import gguf
    import numpy as np

    made = json.loads(words.to_str())["model"]
    tokens = sorted(made["vocab"], key=made["vocab"].get)
    merges = [each if isinstance(each, str) else " ".join(each) for each in made["merges"]]
    writer = gguf.GGUFWriter(file, "llama")
    writer.add_name("tiny-random")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types([gguf.TokenType.CONTROL if each in SPECIAL else gguf.TokenType.NORMAL for each in tokens])
    writer.add_token_merges(merges)
    writer.add_eos_token_id(words.token_to_id(END))
    writer.add_pad_token_id(words.token_to_id(END_OF_TEXT))
    writer.add_add_bos_token(False)
    writer.add_chat_template(TEMPLATE)
    chance = np.random.default_rng(0)

    def add(name: str, *shape: int) -> None:
        """A matrix of random weights, or a vector of ones."""
        values: Any = chance.normal(0, 0.02, shape) if len(shape) > 1 else np.ones(shape)
        writer.add_tensor(name, values.astype(np.float32))

    add("token_embd.weight", len(tokens), WIDTH)
    for layer in range(LAYERS):
        for part in ("attn_norm", "ffn_norm"):
            add(f"blk.{layer}.{part}.weight", WIDTH)
        for part in ("attn_q", "attn_k", "attn_v", "attn_output"):
            add(f"blk.{layer}.{part}.weight", WIDTH, WIDTH)
        for part in ("ffn_gate", "ffn_up"):
            add(f"blk.{layer}.{part}.weight", INNER, WIDTH)
        add(f"blk.{layer}.ffn_down.weight", WIDTH, INNER)
    add("output_norm.weight", WIDTH)
    add("output.weight", len(tokens), WIDTH)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def main(target: str, *files: str) -> None:
    """Writes the model to a folder, or to a file whose name ends in .gguf."""
    words = learned([Path(file).read_text(encoding="utf-8") for file in files])
    (write_gguf if target.endswith(".gguf") else write_folder)(target, words)


if __name__ == "__main__":
    main(*sys.argv[1:])
